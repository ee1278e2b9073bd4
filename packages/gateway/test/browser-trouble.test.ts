import { readFile, writeFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGatewayProcess } from "./browser-gateway.ts";
import { layLine } from "./browser-line.ts";
import {
  conversation,
  isOnline,
  launchBrowser,
  message,
  messageField,
  openWindow,
  send,
  shows,
} from "./browser-window.ts";
import { TestClient } from "./client.ts";
import { sessionFileOf } from "./transcript-file.ts";

// Several waits of one test may each need their patience on a busy machine.
vi.setConfig({ testTimeout: 600_000 });

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

/** The page with a session in which one message was answered. */
async function openTalk(url: string): Promise<Page> {
  const { page } = await openWindow(browser, url);
  await isOnline(page);
  await send(page, "hello");
  await message(page, "echo: hello").waitFor();
  return page;
}

test("a run that ended while the page was away is not under way in the list, whichever session is open", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  const line = await layLine(page);
  await page.reload();
  await isOnline(page);
  await using other = await TestClient.connect(gateway.url);
  await send(page, `slow: ${"word ".repeat(2_000).trim()}`);
  await page.getByText("echo: slow: word").waitFor();
  await page.getByLabel("New session").fill("plans");
  await page.keyboard.press("Enter");
  const link = page.getByRole("navigation", { name: "Sessions" }).getByRole("link", { name: "main" });
  await link.getByText("answering").waitFor();

  line.cut();
  await other.request("chat.abort", { sessionKey: "main" });
  await other.chat(({ state }) => state === "aborted");
  line.mend();
  await isOnline(page);

  await link.getByText("answering").waitFor({ state: "hidden" });
});

test("a note of which the page cannot know whether it was written says so, and stays in the field", async () => {
  await using gateway = await startGatewayProcess();
  const page = await openTalk(gateway.url);
  const line = await layLine(page);
  await page.reload();
  await isOnline(page);

  line.cutBehind("chat.inject");
  await messageField(page).fill("by the way");
  await page.getByRole("button", { name: "Add as note" }).click();

  await page.getByRole("alert").getByText("The note was not confirmed").waitFor();
  await shows(page, ["You: hello", "Assistant: echo: hello", "Note: by the way"]);
  expect(await messageField(page).inputValue()).toBe("by the way");
});

test("a session whose file is broken says so, and one press leads to what the doctor finds", async () => {
  await using gateway = await startGatewayProcess();
  const page = await openTalk(gateway.url);
  await gateway.kill();
  const file = await sessionFileOf(gateway.stateDir, "agent:main:main");
  await writeFile(file, (await readFile(file, "utf8")).replace(/^.*\n/, ""));
  await gateway.restart();
  await page.reload();

  await page.getByRole("button", { name: "See what is wrong" }).click();

  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await inspector.getByText("the first line is no session header").waitFor();
  await inspector.getByText("repair puts one header at the top").waitFor();
});

test("a message that was refused is there after a reload, and goes out when a person says so", async () => {
  await using gateway = await startGatewayProcess();
  const page = await openTalk(gateway.url);
  await gateway.kill();
  const file = await sessionFileOf(gateway.stateDir, "agent:main:main");
  const whole = await readFile(file);
  await writeFile(file, "no session\n");
  await gateway.restart();
  await isOnline(page);
  await send(page, "once more");
  await send(page, "not meant");
  await message(page, "not meant").getByText("Not sent").waitFor();

  await page.reload();
  await message(page, "not meant").getByRole("button", { name: "Discard" }).click();
  await message(page, "not meant").waitFor({ state: "hidden" });
  await page.reload();
  await message(page, "once more").getByText("Not sent").waitFor();
  expect(await conversation(page)).toEqual(["You: once more"]);
  await writeFile(file, whole);
  await message(page, "once more").getByRole("button", { name: "Try again" }).click();

  await message(page, "echo: once more").waitFor();
  await page.reload();
  await shows(page, ["You: hello", "Assistant: echo: hello", "You: once more", "Assistant: echo: once more"]);
});

test("what was written and not sent is there after a reload, each text in its session", async () => {
  await using gateway = await startGatewayProcess();
  const page = await openTalk(gateway.url);
  await messageField(page).fill("half a thought");
  await page.getByLabel("New session").fill("plans");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "plans", level: 1 }).waitFor();
  await messageField(page).fill("and another");

  await page.reload();
  expect(await messageField(page).inputValue()).toBe("and another");
  await send(page, "and another, ended");
  await message(page, "echo: and another, ended").waitFor();
  await page.reload();
  await isOnline(page);
  expect(await messageField(page).inputValue()).toBe("");
  await page.getByRole("link", { name: "main" }).click();
  await page.getByRole("heading", { name: "main", level: 1 }).waitFor();
  expect(await messageField(page).inputValue()).toBe("half a thought");
});

test.each([390, 1280])(
  "in a window of %i pixels what is told of a history that cannot be loaded takes the room of its words",
  async (width) => {
    await using gateway = await startGatewayProcess();
    const { page } = await openWindow(browser, `${gateway.url}#session=agent:other:main`, {
      viewport: { width, height: 800 },
    });

    const notice = page.getByRole("alert").filter({ hasText: "The history could not be loaded" });
    expect((await notice.boundingBox())?.height).toBeLessThan(120);
  },
);

test("nothing moves by itself for who asked their computer for that", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url, { reducedMotion: "reduce" });
  await isOnline(page);

  await send(page, `slow: ${"word ".repeat(200).trim()}`);
  await page.getByText("echo: slow: word").waitFor();

  expect(await page.evaluate("document.getAnimations().length")).toBe(0);
});
