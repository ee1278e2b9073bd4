export const help = `transcript: look at, check, mend and export session files

  transcript show <file>          the session as a tree, forks drawn, its active branch marked
  transcript export <file>        the active branch as a document
  transcript validate <file>      what is wrong with a session; writes nothing
  transcript repair <file>        what would be mended; with --apply, mends it under the write lock
  transcript doctor <folder>      validates every session below a folder, with a summary

  --json              JSON instead of text (doctor: one line per session, the summary last)
  --format <form>     export: markdown (default), html or json
  --profile <name>    validate: also by the rules of a provider (anthropic, openai-chat, openai-responses,
                      google, bedrock, mistral, strict)
  --apply             repair: do it; the file as it was is kept beside it
  --linearize         repair: also join forks that look like a race of two writers
  -h, --help          this text

exit codes: 0 done, 1 failed, 64 wrong usage, 65 faults found (repair: something to mend),
            66 no such session, 75 its lock is held: try again later`;
