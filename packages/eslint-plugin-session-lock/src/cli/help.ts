export const help = `session-lock-lint: find session writes outside the write lock, over a whole project

  session-lock-lint [options] <file|folder|glob>...

  --config <name>          recommended (default) or strict
  --settings <file>        JSON with the settings that ESLint gets as settings["session-lock"]
  --format <name>          stylish (default), json, or sarif (2.1.0, with the way that leads to each finding)
  --output <file>          write the report there instead of to standard output
  --baseline <file>        findings that are known already do not fail; new ones do
  --update-baseline        remove from the baseline what is gone; create it if there is none
  --write-summaries <file> write what the exports do to the lock, for the rules' setting "summaries"
  -h, --help               this text
  -v, --version            the version

exit codes: 0 nothing new to report, 1 findings, 2 wrong usage, or a file that could not be read, or output not be written`;
