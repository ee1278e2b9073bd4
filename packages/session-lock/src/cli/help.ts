export const help = `session-lock: look at and look after the write locks of session files

  session-lock ls <folder|file>                every lock in a folder, or that of one session
  session-lock why <file>                      who holds a session's lock and who waits, in one sentence
  session-lock watch <folder|file>             print every change until interrupted
  session-lock break <file> --reason <text>    take the lock away from its holder and fence it off
  session-lock clean <folder>                  remove what crashes left behind

  --json            one JSON value (watch: one per line) instead of text
  --force           break: even if the holder runs on this machine
  --reason <text>   break: why; shown to whoever looks at the lock meanwhile
  -h, --help        this text
  --version         the version of this package

exit codes: 0 done (why: free), 1 failed, 64 wrong usage, 75 held: try again later
An entry that is no session lock, or cannot be looked at, is listed as unknown; that is no failure.`;
