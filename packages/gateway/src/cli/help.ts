import type { CommandName } from "./command-line.ts";

const commands = `Usage: session-gateway [serve] [options]
       session-gateway call <method> [json] [options]
       session-gateway status [options]

Serves chat sessions and a web page on one port, and asks a gateway that does.

  serve   run a gateway; what happens without a command, and the options below are for
  call    call one method of a running gateway and print its answer
  status  say what a running gateway is busy with

session-gateway <command> --help tells the options of a command; --version prints the version.

Exit codes: 0 done, 1 refused or failed, 64 wrong usage, 69 no gateway answers there,
            75 not now: try again later, 77 the token was refused
`;

const serveOptions = `Options of serve:
  --host <address>  address to listen on (default 127.0.0.1); any other than this machine's needs a token, and one
                    is made and printed once when none is set
  --port <number>   port to listen on (default 18789; 0 takes a free one)
  --token <token>   what clients must present; everybody on this machine can read it in the list of processes, so
                    rather set SESSION_LOCK_TOKEN
  --token-file <file>  a file with the token, read again for each request: a new token needs no restart
  --runner <name>   who answers: echo (default), anthropic, openai, google or openai-compatible
  --model <name>    the model to answer with, as the provider calls it; needed with any runner but echo
  --base-url <url>  another address of the provider's API; needed with openai-compatible
  --tools <module>  an ES module whose default export is the list of tools that the model may call
  --config <file>   the configuration file (default: session-lock.config.json of the working folder, if there is one)
  --help            print this
  --version         print the version

Environment:
  SESSION_LOCK_HOME     where sessions are kept (default ~/.session-lock)
  SESSION_LOCK_HOST, SESSION_LOCK_PORT, SESSION_LOCK_TOKEN, SESSION_LOCK_TOKEN_FILE,
  SESSION_LOCK_CONFIG   like the flags
  SESSION_LOCK_RUNNER, SESSION_LOCK_MODEL, SESSION_LOCK_BASE_URL, SESSION_LOCK_TOOLS  like --runner, --model, --base-url
                        and --tools
  SESSION_LOCK_API_KEY  the key of the provider; without it, what the provider's own variable says
  SESSION_LOCK_LOG      trace, debug, info, warn (default), error, fatal or silent; logs go to standard error

Flags win over variables, variables over the file. In the file: host, port, stateDir, logLevel, runner, model,
baseUrl, instructions, tools, drainMs, stopWords.
`;

const serve = `Usage: session-gateway [serve] [--host <address>] [--port <number>] [--runner <name> --model <name>]

Serves chat sessions and a web page on one port, until SIGINT, SIGTERM or SIGHUP.

${serveOptions}`;

const target = `  --url <url>       the gateway (default: SESSION_LOCK_URL, else this machine's, port SESSION_LOCK_PORT or 18789)
  --token <token>   what to present (default: SESSION_LOCK_TOKEN)
  --timeout <ms>    give up after this long`;

const call = `Usage: session-gateway call <method> [json] [options]

Calls one method of a running gateway and prints its answer; json are its parameters. A method that answers twice
(agent) is waited for to the end.

  session-gateway call chat.history '{"sessionKey":"main","limit":5}'

Options:
${target} (default 30000)
  --json            the answer as one line; a refusal as one line of JSON on standard error
  --help            print this

Exit codes: 0 answered, 1 refused, 64 wrong usage, 69 no gateway answers there, 75 try again later, 77 token refused
`;

const status = `Usage: session-gateway status [options]

Says what a running gateway is busy with.

Options:
${target} (default 10000)
  --json            one line of JSON
  --help            print this

Exit codes: 0 it takes work, 64 wrong usage, 69 no gateway answers there, 75 it shuts down, 77 token refused
`;

/** What `--help` prints, for all commands together and for each. */
export const helpTexts: Readonly<Record<"general" | CommandName, string>> = {
  general: `${commands}\n${serveOptions}`,
  serve,
  call,
  status,
};
