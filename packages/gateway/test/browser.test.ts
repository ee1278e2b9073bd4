import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGatewayProcess } from "./browser-gateway.ts";
import {
  addNote,
  asStored,
  conversation,
  countDrawnTimes,
  isFocused,
  isOnline,
  launchBrowser,
  lineEdges,
  loseRequests,
  message,
  messageField,
  openWindow,
  send,
  shows,
} from "./browser-window.ts";
import { TestClient } from "./client.ts";
import { spoilLane } from "./spoiled-lane.ts";
import { sessionFileOf } from "./transcript-file.ts";

// One test waits for very many things, one after the other.
vi.setConfig({ testTimeout: 600_000 });

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("a person sends, watches the answer grow, stops one, adds a note, and finds it all after a reload", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await page.getByText("Nothing here yet").waitFor();
  await page.getByRole("button", { name: "tool: count letters" }).click();
  expect(await messageField(page).inputValue()).toBe("tool: count letters");

  await send(page, "slow: one two three four");
  const answer = "echo: slow: one two three four";
  const seen = new Set<string>();
  const lastText = async (): Promise<string> => {
    const text = (await conversation(page)).at(-1)?.replace(/^Assistant: /, "") ?? "";
    seen.add(text);
    return text;
  };
  await expect.poll(lastText, { interval: 20 }).toBe(answer);
  const onTheWay = [...seen].filter((text) => text !== "" && text !== answer && answer.startsWith(text));
  expect(onTheWay.length).toBeGreaterThanOrEqual(2);

  await send(page, "slow: " + "word ".repeat(200).trim());
  const stop = page.getByRole("button", { name: "Stop" });
  await expect.poll(lastText).toMatch(/^echo: slow: word word/);
  await addNote(page, "Checked by a person.");
  await stop.click();
  await page.getByText("Stopped", { exact: true }).waitFor();
  await stop.waitFor({ state: "hidden" });

  await send(page, "after that");
  await message(page, "echo: after that").waitFor();
  const shown = await conversation(page);
  expect(shown.map((line) => line.slice(0, 28))).toEqual([
    "You: slow: one two three fou",
    "Assistant: echo: slow: one t",
    "You: slow: word word word wo",
    "Note: Checked by a person.",
    "Assistant: echo: slow: word ",
    "You: after that",
    "Assistant: echo: after that",
  ]);

  await page.reload();
  await shows(page, shown);
  await page.getByText("Stopped", { exact: true }).waitFor();
  expect(await gateway.transcript()).toEqual(asStored(shown));
  expect(complaints).toEqual([]);
});

test("two pages on one session show each other's messages", async () => {
  await using gateway = await startGatewayProcess();
  const one = await openWindow(browser, gateway.url);
  const other = await openWindow(browser, gateway.url);
  await isOnline(one.page);
  await isOnline(other.page);

  await send(one.page, "from the first page");
  await message(other.page, "echo: from the first page").waitFor();
  await send(other.page, "from the second page");
  await message(one.page, "echo: from the second page").waitFor();
  await addNote(other.page, "seen by both");

  const expected = [
    "You: from the first page",
    "Assistant: echo: from the first page",
    "You: from the second page",
    "Assistant: echo: from the second page",
    "Note: seen by both",
  ];
  await shows(one.page, expected);
  await shows(other.page, expected);
  expect(await gateway.transcript()).toEqual(asStored(expected));
  expect([...one.complaints, ...other.complaints]).toEqual([]);
});

test("text that looks like markup is shown as text, with its spaces and lines", async () => {
  await using gateway = await startGatewayProcess();
  const evil = `<img src="x" onerror="document.title='broken'">\n  <script>document.title='broken'</script>  two  spaces`;
  const session = `agent:main:<img src="x" onerror="document.title='broken'">`;
  const { page, complaints } = await openWindow(
    browser,
    `${gateway.url}#session=${encodeURIComponent(session)}`,
  );
  await isOnline(page);

  await send(page, evil);
  await shows(page, [`You: ${evil}`, `Assistant: echo: ${evil}`]);
  await addNote(page, evil);
  await page.reload();
  await shows(page, [`You: ${evil}`, `Assistant: echo: ${evil}`, `Note: ${evil}`]);

  expect(await page.locator("img, script:not([src])").count()).toBe(0);
  expect(await page.title()).not.toBe("broken");
  expect(complaints).toEqual([]);
});

test("what a model wrote is laid out, its links lead to the web only, and a person's words stay as they were", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url, {
    viewport: { width: 360, height: 640 },
  });
  await isOnline(page);
  const wide = `const words = "${"wide ".repeat(40)}";`;
  const links = "[far](https://example.com/) [script](javascript:alert(1)) [page](/healthz)";
  const picture = "![spy](https://example.com/spy.png) <img src=x onerror=alert(1)>";
  const table = `| a | b |\n| - | - |\n| ${"wide".repeat(30)} | 2 |`;
  const text = `listen\n\n- **one**\n- two\n\n\`\`\`js\n${wide}\n\`\`\`\n\n${links}\n\n${picture}\n\n${table}\n\n- [x] done`;

  await send(page, text);
  const answer = page.getByRole("log").locator(".from-assistant");
  await answer.getByRole("link", { name: "far" }).waitFor();

  expect(await answer.locator("ul > li").allTextContents()).toEqual(["one", "two", " done"]);
  expect(await answer.locator("strong").allTextContents()).toEqual(["one"]);
  expect(await answer.locator("pre").textContent()).toBe(`${wide}\n`);
  expect(await answer.getByRole("link").allTextContents()).toEqual(["far", "spy"]);
  expect(await answer.locator("p").filter({ hasText: "far" }).textContent()).toBe("far script page");
  expect(await answer.locator("img").count()).toBe(0);
  await answer.getByText("<img src=x onerror=alert(1)>").waitFor();
  expect(await answer.locator("td").allTextContents()).toEqual(["wide".repeat(30), "2"]);
  const done = answer.getByRole("checkbox");
  expect([await done.isChecked(), (await done.boundingBox())?.width]).toEqual([true, 16]);
  expect((await conversation(page))[0]).toBe(`You: ${text}`);
  for (const wideOne of ["pre", ".wide"]) {
    const box = await answer.locator(wideOne).boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
  }
  expect(complaints).toEqual([]);
});

test("what is written from right to left goes that way, block by block, and code does not", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  const text = "three ways\n\nشكرا 1, 2.\n\n- واحد\n\n### עברית\n\n```\nسلام\n```\n\n| مرحبا |\n| - |\n| 1 |";

  await messageField(page).fill("שלום abc");
  expect(await page.locator("textarea:dir(rtl)").count()).toBe(1);
  await send(page, text);
  const answer = page.getByRole("log").locator(".from-assistant .message-text");
  await answer.locator("table").waitFor();

  const ways = ["p >> nth=0", "p >> nth=1", "ul", "[role=heading]", "pre", "table"].map(async (place) =>
    answer
      .locator(place)
      .evaluate((block: { matches(selector: string): boolean }) => block.matches(":dir(rtl)")),
  );
  expect(await Promise.all(ways)).toEqual([false, true, true, true, false, true]);
  const own = page.getByRole("log").locator(".from-person .message-text");
  expect(await lineEdges(own, "شكرا 1, 2.")).toBe("right");
  expect(complaints).toEqual([]);
});

test("a tool's result says which tool it is from", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);

  await send(page, "tool: letters");
  await page.getByText("echo: tool: letters").waitFor();

  expect(await page.getByRole("log").locator(".from-tool .tool-name").allTextContents()).toEqual([
    "count_letters",
  ]);
});

test("messages wait in a queue that is shown, and one that is cancelled is never answered", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  const reader = await openWindow(browser, gateway.url);
  await isOnline(page);
  await isOnline(reader.page);

  await send(page, "slow: " + "word ".repeat(200).trim());
  await page.getByText("echo: slow: word", { exact: false }).waitFor();
  await send(page, "second");
  await message(page, "second").getByText("Waiting for its turn").waitFor();
  await send(page, "third");
  await message(page, "third").getByText("Waiting for its turn").waitFor();
  await message(reader.page, "third").getByText("Waiting for its turn").waitFor();

  await message(page, "second").getByRole("button", { name: "Cancel" }).click();
  await message(page, "This message was stopped before it was answered.").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await message(page, "echo: third").waitFor();
  await message(reader.page, "echo: third").waitFor();
  for (const tab of [page, reader.page]) {
    expect((await conversation(tab)).slice(-2)).toEqual(["You: third", "Assistant: echo: third"]);
  }

  await page.reload();
  await message(page, "echo: third").waitFor();
  const shown = await conversation(page);
  expect(shown.map((line) => line.slice(0, 22))).toEqual([
    "You: slow: word word w",
    "You: second",
    "Assistant: This messag",
    "Assistant: echo: slow:",
    "You: third",
    "Assistant: echo: third",
  ]);
  await reader.page.reload();
  await shows(reader.page, shown);
  expect(await gateway.transcript()).toEqual(asStored(shown));
  expect([...complaints, ...reader.complaints]).toEqual([]);
});

test("a text that stops the session is no message: the run ends, and the page is ready for the next", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, `slow: ${"word ".repeat(200).trim()}`);
  await page.getByText("echo: slow: word").waitFor();
  const [question = ""] = await conversation(page);

  await send(page, "/stop");
  await page.getByText("Stopped", { exact: true }).waitFor();
  await expect.poll(() => conversation(page)).toHaveLength(2);
  await send(page, "/stop");
  await send(page, "after that");
  await message(page, "echo: after that").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });

  const shown = await conversation(page);
  expect([shown[0], ...shown.slice(2)]).toEqual([question, "You: after that", "Assistant: echo: after that"]);
  expect(complaints).toEqual([]);
});

test("a run that is held up by the disk says so, until it goes on", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, "first");
  await message(page, "echo: first").waitFor();
  const words = page.getByText("Held up by the gateway’s disk (INVALID_TARGET). It is tried again.");

  const mend = await spoilLane(await sessionFileOf(gateway.stateDir, "agent:main:main"));
  await send(page, "second");
  await words.waitFor();
  await page.reload();
  await words.waitFor();
  await mend();

  await message(page, "echo: second").waitFor();
  await words.waitFor({ state: "hidden" });
  expect(complaints).toEqual([]);
});

test("a gateway killed in the middle of an answer loses no message and shows none twice", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, "slow: one two three four five six");
  await page.getByText("echo: slow: one", { exact: false }).waitFor();

  await gateway.kill();
  await page.getByText("Offline, reconnecting").waitFor();
  await send(page, "written while it was away");
  await page.getByText("Waiting for the connection").waitFor();
  await messageField(page).fill("a draft");
  await gateway.restart();

  await message(page, "echo: written while it was away").waitFor();
  const expected = [
    "You: slow: one two three four five six",
    "Assistant: echo: slow: one two three four five six",
    "You: written while it was away",
    "Assistant: echo: written while it was away",
  ];
  await shows(page, expected);
  expect(await messageField(page).inputValue()).toBe("a draft");
  await page.reload();
  await shows(page, expected);
  expect(await gateway.transcript()).toEqual(asStored(expected));
});

test("a message that no gateway has yet survives a reload of the page", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  const release = await loseRequests(page, "chat.send");
  await page.reload();
  await isOnline(page);
  await send(page, "lost on the way");
  await page.getByText("Sending…").waitFor();

  release();
  await page.reload();
  const expected = ["You: lost on the way", "Assistant: echo: lost on the way"];
  await shows(page, expected);
  await page.reload();
  await shows(page, expected);
  expect(await gateway.transcript()).toEqual(asStored(expected));
});

test("a long conversation opens at its end, and its earlier messages can be asked for", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, "the very first");
  await message(page, "echo: the very first").waitFor();
  await gateway.inject(Array.from({ length: 250 }, (_, index) => `note ${index + 1}`));

  await page.reload();
  await message(page, "note 250").waitFor();
  await expect.poll(async () => (await conversation(page)).length).toBe(200);
  await page.getByRole("button", { name: "Earlier messages" }).click();
  await message(page, "the very first").waitFor();
  expect(await gateway.transcript()).toEqual(asStored(await conversation(page)));
  await page.getByRole("button", { name: "Earlier messages" }).waitFor({ state: "hidden" });
  expect(complaints).toEqual([]);
});

test("a button that has done its work leaves the keyboard where one goes on", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  const isThere = (place: Locator) => expect.poll(() => place.evaluate(isFocused)).toBe(true);
  await messageField(page).fill("a line\n".repeat(60));
  await page.getByRole("button", { name: "Send" }).click();
  await isThere(messageField(page));
  await page.getByText("echo: a line").waitFor();

  const messages = page.getByRole("region", { name: "Messages" });
  await messages.focus();
  await page.keyboard.press("Home");
  await page.getByRole("button", { name: "Newest messages" }).press("Enter");
  await isThere(messages);

  await gateway.kill();
  await page.getByRole("button", { name: "Try now" }).press("Enter");
  await isThere(messageField(page));
});

test("a button that goes away while it has the keyboard hands that on", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  const isThere = (place: Locator) => expect.poll(() => place.evaluate(isFocused)).toBe(true);
  await send(page, "slow: one two three");
  await page.getByRole("button", { name: "Stop" }).focus();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
  await isThere(messageField(page));

  await gateway.inject(Array.from({ length: 250 }, (_, index) => `note ${index + 1}`));
  await page.reload();
  await page.getByRole("button", { name: "Earlier messages" }).press("Enter");
  await page.getByRole("button", { name: "Earlier messages" }).waitFor({ state: "hidden" });
  await isThere(page.getByRole("region", { name: "Messages" }));

  await gateway.kill();
  // It comes and goes with every attempt that the page makes by itself.
  await page.getByRole("button", { name: "Try now" }).focus();
  await isThere(messageField(page));
});

test("a button that has nothing to do without a connection keeps the keyboard", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, `slow:${" word".repeat(100)}`);
  const stop = page.getByRole("button", { name: "Stop" });
  await stop.focus();
  await gateway.kill();
  await expect.poll(() => stop.isDisabled()).toBe(true);
  await page.getByText("Messages wait here").waitFor();
  expect(await stop.evaluate(isFocused)).toBe(true);

  await stop.press("Enter");
  expect(await stop.evaluate(isFocused)).toBe(true);
});

test("what is typed draws no message anew", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, "first");
  await message(page, "echo: first").waitFor();
  const drawn = await countDrawnTimes(page);
  await page.reload();
  await message(page, "echo: first").waitFor();
  expect(await drawn()).toBeGreaterThan(0);

  const before = await drawn();
  await messageField(page).pressSequentially("a few words");
  expect(await drawn()).toBe(before);
});

test("a gateway with a token asks for it, keeps it for the tab, and leaves it in no address", async () => {
  await using gateway = await startGatewayProcess({ token: "open sesame" });
  const { page, complaints } = await openWindow(browser, gateway.url);
  const field = page.getByRole("textbox", { name: "Token" });
  await field.fill("open barley");
  await field.press("Enter");
  await page.getByRole("alert").getByText("mismatch").waitFor();
  await field.fill("open sesame");
  await field.press("Enter");
  await isOnline(page);
  await page.reload();
  await isOnline(page);
  expect(page.url()).not.toContain("sesame");

  const linked = await openWindow(
    browser,
    `${gateway.url}#token=${encodeURIComponent("open sesame")}&session=linked`,
  );
  await isOnline(linked.page);
  await linked.page.getByRole("heading", { name: "linked" }).waitFor();
  expect(linked.page.url()).toBe(`${gateway.url}#session=linked`);
  expect([...complaints, ...linked.complaints]).toEqual([]);
});

test("when too many wrong tokens came the page says how long to wait, and tries again by itself", async () => {
  await using gateway = await startGatewayProcess({ token: "open sesame" });
  const { page, complaints } = await openWindow(browser, gateway.url);
  await page.clock.install();
  const field = page.getByRole("textbox", { name: "Token" });
  await field.waitFor();
  const guesses = Array.from({ length: 9 }, (_, count) =>
    TestClient.connect(gateway.url, { token: `open barley ${count}` }),
  );
  await Promise.allSettled(guesses);
  await field.fill("open sesame");
  await field.press("Enter");
  const held = page.getByRole("alert").getByText("The gateway lets nobody in from here for now");
  await held.waitFor();
  await page
    .getByRole("timer")
    .getByText(/^The page tries again in \d+ seconds\.$/)
    .waitFor();

  await gateway.kill(); // another process has counted nothing: so its time need not pass
  await gateway.restart();
  await page.clock.fastForward(60_000);
  await isOnline(page);
  await held.waitFor({ state: "hidden" });
  expect(complaints).toEqual([]);
});

test("a session that was started without a connection stays in the list", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, "in the first session");
  await message(page, "echo: in the first session").waitFor();
  const list = page.getByRole("navigation", { name: "Sessions" });
  await list.getByRole("link", { name: "main" }).waitFor();
  await gateway.kill();
  await page.getByText("Offline, reconnecting").waitFor();
  await page.getByLabel("New session").fill("plans");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "plans", level: 1 }).waitFor();
  await send(page, "for later");
  await message(page, "for later").waitFor();

  await list.getByRole("link", { name: "main" }).click();
  await page.getByRole("heading", { name: "main", level: 1 }).waitFor();
  expect(await list.getByRole("link", { name: "plans" }).count()).toBe(1);

  await gateway.restart();
  await isOnline(page);
  await list.getByRole("link", { name: "plans" }).click();
  await message(page, "echo: for later").waitFor();
});

test("a new session is started by name, has its own address, and leaves the others as they are", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, "in the first session");
  await message(page, "echo: in the first session").waitFor();

  const name = page.getByRole("textbox", { name: "New session" });
  await name.fill("no/such:name");
  await name.press("Enter");
  await page.getByRole("alert").getByText("Use letters").waitFor();
  await name.fill("Release notes");
  await name.press("Enter");
  await page.getByRole("heading", { name: "Release notes" }).waitFor();
  expect(new URL(page.url()).hash).toBe("#session=agent:main:Release%20notes");
  await send(page, "in the second session");
  await shows(page, ["You: in the second session", "Assistant: echo: in the second session"]);

  await page.reload();
  await shows(page, ["You: in the second session", "Assistant: echo: in the second session"]);
  const list = page.getByRole("navigation", { name: "Sessions" });
  await list.getByRole("link", { name: "main" }).click();
  await shows(page, ["You: in the first session", "Assistant: echo: in the first session"]);
  expect(await list.getByRole("link").count()).toBe(2);
  expect(complaints).toEqual([]);
});

test("an address leads to its session also when its letters are composed in another way, or it has blanks around", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(
    browser,
    `${gateway.url}#session=${encodeURIComponent(" caf\u0065\u0301 ")}`,
  );
  await isOnline(page);

  await send(page, "hello");

  await shows(page, ["You: hello", "Assistant: echo: hello"]);
  const list = page.getByRole("navigation", { name: "Sessions" });
  await expect.poll(() => list.getByRole("link").count()).toBe(1);
});

test("the page follows when another client names a session or deletes it", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await using other = await TestClient.connect(gateway.url);
  await other.send("plans", "hello", "run-1");
  const list = page.getByRole("navigation", { name: "Sessions" });
  await list.getByRole("link", { name: "plans" }).waitFor();

  await other.request("sessions.patch", { key: "plans", label: "Next year" });
  await list.getByRole("link", { name: "Next year" }).waitFor();
  await other.terminal("run-1");
  await other.request("sessions.delete", { key: "plans" });
  await list.getByRole("link", { name: "Next year" }).waitFor({ state: "hidden" });

  expect(complaints).toEqual([]);
});

test("on a narrow screen all of it works by keyboard, and nothing sticks out sideways", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url, {
    viewport: { width: 360, height: 640 },
  });
  await isOnline(page);
  // The field has the focus from the start.
  await page.keyboard.type("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type(`second line with ${"a-very-long-word-".repeat(12)}`);
  await page.keyboard.press("Enter");
  await page.getByText("echo: first line", { exact: false }).waitFor();
  expect((await conversation(page))[0]).toContain("You: first line\nsecond line");

  const widths = await page.getByRole("main").or(page.getByRole("log")).or(messageField(page)).all();
  const boxes = await Promise.all(widths.map((part) => part.boundingBox()));
  expect(boxes.length).toBe(3);
  for (const box of boxes) expect((box?.x ?? -1) + (box?.width ?? 0)).toBeLessThanOrEqual(360);

  const menu = page.getByRole("button", { name: "Sessions" });
  const sessions = page.getByRole("link", { name: "main" });
  await sessions.waitFor({ state: "hidden" });
  await menu.focus();
  await page.keyboard.press("Enter");
  await sessions.waitFor();
  await page.keyboard.press("Escape");
  await sessions.waitFor({ state: "hidden" });
  expect(complaints).toEqual([]);
});

test("on a narrow screen the list of sessions has the keyboard when it is unfolded", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url, { viewport: { width: 360, height: 640 } });
  await isOnline(page);
  await page.getByRole("button", { name: "Sessions" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "main" }).waitFor();

  await page.keyboard.press("Tab");
  await page.keyboard.type("by keyboard");
  await page.keyboard.press("Enter");

  await page.getByRole("heading", { name: "by keyboard", level: 1 }).waitFor();
});

test("on a narrow screen the session that is open can be chosen by keyboard, and the message field has the keyboard then", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url, { viewport: { width: 360, height: 640 } });
  await isOnline(page);
  await page.getByRole("button", { name: "Sessions" }).press("Enter");

  await page.getByRole("link", { name: "main" }).press("Enter");
  await page.getByRole("link", { name: "main" }).waitFor({ state: "hidden" });

  await page.keyboard.type("written at once");
  expect(await messageField(page).inputValue()).toBe("written at once");
});

test("on a narrow screen the words about a lost connection fit", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url, { viewport: { width: 360, height: 640 } });
  await isOnline(page);

  await gateway.kill();
  await page.getByText("Offline, reconnecting").waitFor();
  await page.getByRole("button", { name: "Try now" }).waitFor();

  const width = await page
    .locator("html")
    .evaluate(({ scrollWidth }: { readonly scrollWidth: number }) => scrollWidth);
  expect(width).toBe(360);
});

test.each([768, 1000, 1100, 1280])(
  "in a window of %i pixels one can send and stop with the inspector open",
  async (width) => {
    await using gateway = await startGatewayProcess();
    const { page } = await openWindow(browser, gateway.url, { viewport: { width, height: 800 } });
    await isOnline(page);
    await page.getByRole("button", { name: "Inspect" }).click();
    await page.getByRole("complementary", { name: "Inspector" }).waitFor();

    await messageField(page).fill(`slow: ${"word ".repeat(200).trim()}`);
    await page.getByRole("button", { name: "Send" }).click();
    const stop = page.getByRole("button", { name: "Stop" });
    await stop.waitFor();
    const buttons = await page.getByRole("form", { name: "New message" }).getByRole("button").all();
    const tops = (await Promise.all(buttons.slice(1).map((button) => button.boundingBox()))).map(
      (box) => box?.y,
    );
    expect(new Set(tops).size, "lines of buttons").toBe(1);
    await stop.click();
    await page.getByText(/^Stopped/).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
  },
);

test("who chooses another session can write there at once, with the inspector open as well", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await page.getByRole("button", { name: "Inspect" }).click();
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await expect.poll(() => inspector.evaluate(isFocused)).toBe(true);

  await page.getByLabel("New session").fill("another");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "another", level: 1 }).waitFor();

  await expect.poll(() => messageField(page).evaluate(isFocused)).toBe(true);
});

test("the inspector shows the lock, the queue, what the doctor says and the tree, and follows what is written", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, "hello");
  await message(page, "echo: hello").waitFor();

  await page.getByRole("button", { name: "Inspect" }).click();
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await inspector.getByText(/Nothing is wrong in \d+ entries/).waitFor();
  await inspector.getByRole("listitem").filter({ hasText: "echo: hello" }).waitFor();
  await inspector.getByText("None is active; nothing waits.").waitFor();
  await inspector.getByText(/^Free: whoever asks gets it/).waitFor();

  await addNote(page, "seen from outside");
  const rows = inspector.getByRole("region", { name: "Transcript, newest first" }).getByRole("listitem");
  await expect.poll(() => rows.first().textContent()).toContain("seen from outside");
  expect(await rows.first().getAttribute("title")).toContain("the leaf");

  await page.keyboard.press("Escape");
  await inspector.waitFor({ state: "hidden" });
  expect(complaints).toEqual([]);
});
