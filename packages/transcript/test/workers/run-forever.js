// Makes runs with parallel tool calls until it is killed, saying the text of each acknowledged message.
// Arguments: session file, the run's name.
import { openTranscript } from "@session-lock/transcript";

const [file, name] = process.argv.slice(2);
const transcript = await openTranscript(file);

async function say(message, text) {
  await transcript.append({ ...message, timestamp: 1 });
  console.log(text);
}

for (let at = 0; ; at += 1) {
  const ids = [`${name}.${at}.a`, `${name}.${at}.b`];
  const calls = ids.map((id) => ({ type: "toolCall", id, name: "read", arguments: {} }));
  const content = [{ type: "text", text: `call ${name}.${at}` }, ...calls];
  await say({ role: "assistant", content, stopReason: "toolUse", usage: {} }, `call ${name}.${at}`);
  await Promise.all(
    ids.map((toolCallId) => {
      const text = `result ${toolCallId}`;
      const result = { role: "toolResult", toolCallId, toolName: "read", isError: false };
      return say({ ...result, content: [{ type: "text", text }] }, text);
    }),
  );
}
