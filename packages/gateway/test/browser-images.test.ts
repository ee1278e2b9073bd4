import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGatewayProcess } from "./browser-gateway.ts";
import {
  attachedNames,
  conversation,
  giveFiles,
  isOnline,
  launchBrowser,
  loseRequests,
  message,
  messageField,
  openWindow,
  send,
  shownSizes,
  type TestFile,
} from "./browser-window.ts";
import { PNG, pngOfWidth } from "./images.ts";

// One test waits for very many things, one after the other.
vi.setConfig({ testTimeout: 600_000 });

const MIB = 1024 * 1024;

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

function png(name: string, width: number): TestFile {
  return { name, mimeType: "image/png", data: pngOfWidth(width) };
}

function big(name: string, bytes: number): TestFile {
  return { name, mimeType: "image/png", data: PNG, bytes };
}

async function hasAttached(page: Page, names: readonly string[]): Promise<void> {
  await expect.poll(() => attachedNames(page)).toEqual(names);
}

async function showsSizes(page: Page, sizes: readonly string[]): Promise<void> {
  await expect.poll(() => shownSizes(page)).toEqual(sizes);
}

test("images are chosen, pasted and dropped, one is taken out again, and the others are there after a reload", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  const reader = await openWindow(browser, gateway.url);
  await isOnline(page);
  await isOnline(reader.page);

  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach images" }).press("Enter");
  const chosen = [png("chosen.png", 11), png("too many.png", 12)].map(({ data, ...file }) => {
    return { ...file, buffer: Buffer.from(data, "base64") };
  });
  await (await choosing).setFiles(chosen);
  await hasAttached(page, ["chosen.png", "too many.png"]);
  await giveFiles(page, "paste", { files: [png("pasted.png", 13)] });
  await hasAttached(page, ["chosen.png", "too many.png", "pasted.png"]);
  await giveFiles(page, "drop", { files: [png("dropped.png", 14)] });
  await hasAttached(page, ["chosen.png", "too many.png", "pasted.png", "dropped.png"]);
  await page.getByRole("button", { name: "Remove too many.png" }).press("Enter");
  await hasAttached(page, ["chosen.png", "pasted.png", "dropped.png"]);

  await send(page, "what is on them?");
  await message(page, "echo: what is on them?").waitFor();
  await hasAttached(page, []);
  const sizes = ["11x1", "13x1", "14x1"];
  await showsSizes(page, sizes);
  await showsSizes(reader.page, sizes);
  await page.reload();
  await showsSizes(page, sizes);
  expect(await conversation(page)).toEqual(["You: what is on them?", "Assistant: echo: what is on them?"]);

  const second = page.getByRole("button", { name: "Image 2, show it in full" });
  await second.press("Enter");
  const view = page.getByRole("dialog", { name: "Image 2" });
  await view.getByRole("img").waitFor();
  await page.keyboard.press("Escape");
  await view.waitFor({ state: "hidden" });
  await second.click();
  await view.getByRole("button", { name: "Close" }).click();
  await view.waitFor({ state: "hidden" });
  expect(await page.locator(":focus").getAttribute("aria-label")).toBe("Image 2, show it in full");
  expect([...complaints, ...reader.complaints]).toEqual([]);
});

test("a message may be images alone, and a note is never images", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  await send(page, "first");
  await message(page, "echo: first").waitFor();

  await giveFiles(page, "paste", { files: [png("one.png", 21), png("other.png", 22)] });
  await hasAttached(page, ["one.png", "other.png"]);
  expect(await page.getByRole("button", { name: "Add as note" }).isDisabled()).toBe(true);
  await messageField(page).press("Enter");

  await message(page, "echo: 2 images").waitFor();
  await showsSizes(page, ["21x1", "22x1"]);
  expect(complaints).toEqual([]);
});

test("pasted text with a picture of itself stays text, and nothing is attached", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);

  const cell = { files: [png("cell.png", 25)], text: "a cell" };
  const wasTaken = await giveFiles(page, "paste", cell);

  expect(wasTaken).toBe(false);
  expect(await attachedNames(page)).toEqual([]);
});

test("what cannot be attached is told in words, and the rest is attached all the same", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url, {
    viewport: { width: 360, height: 640 },
  });
  await isOnline(page);
  const told = page.getByRole("alert");

  const script = { name: "evil.png", mimeType: "image/png", data: btoa("<svg onload=alert(1)>") };
  await giveFiles(page, "drop", { files: [script, big("huge.png", 5 * MIB + 1), big("large.png", 5 * MIB)] });
  await hasAttached(page, ["large.png"]);
  expect(await told.getByRole("listitem").allTextContents()).toEqual([
    "evil.png is not a PNG, JPEG, GIF or WebP image.",
    "huge.png has 5.1 MB; an image may have up to 5 MB.",
  ]);

  await giveFiles(page, "paste", { files: [big("also large.png", 5 * MIB), png("small.png", 31)] });
  await hasAttached(page, ["large.png", "also large.png"]);
  expect(await told.getByRole("listitem").allTextContents()).toEqual([
    "small.png was left out: the images of one message may have 10 MB together.",
  ]);

  await page.getByRole("button", { name: "Remove large.png", exact: true }).click();
  await told.waitFor({ state: "hidden" });
  await giveFiles(page, "paste", {
    files: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => png(`${number}.png`, 40 + number)),
  });
  await hasAttached(page, ["also large.png", ...[1, 2, 3, 4, 5, 6, 7].map((number) => `${number}.png`)]);
  expect(await told.getByRole("listitem").allTextContents()).toEqual([
    "8.png was left out: one message takes 8 images.",
  ]);

  const box = await page.getByRole("form", { name: "New message" }).boundingBox();
  expect((box?.x ?? -1) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
  await send(page, "all of them");
  await message(page, "echo: all of them").waitFor();
  expect(await page.getByRole("log").locator(".picture").count()).toBe(8);
  expect(complaints).toEqual([]);
});

test("an image of a message that no gateway has yet survives a reload of the page", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await isOnline(page);
  const release = await loseRequests(page, "chat.send");
  await page.reload();
  await isOnline(page);
  await giveFiles(page, "paste", { files: [png("lost.png", 51)] });
  await hasAttached(page, ["lost.png"]);
  await send(page, "lost on the way");
  await page.getByText("Sending…").waitFor();
  await showsSizes(page, ["51x1"]);

  release();
  await page.reload();
  await message(page, "echo: lost on the way").waitFor();
  await showsSizes(page, ["51x1"]);
});

test("the browser asks before it leaves a message that only the page has", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  await loseRequests(page, "chat.send");
  await page.reload();
  await isOnline(page);
  // More than a browser keeps for a tab.
  await giveFiles(page, "paste", { files: [big("one.png", 5 * MIB), big("other.png", 5 * MIB)] });
  await hasAttached(page, ["one.png", "other.png"]);
  await send(page, "on its way");
  await page.getByText("Sending…").waitFor();

  const asked = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  const dialog = await asked;

  expect(dialog.type()).toBe("beforeunload");
  await dialog.accept();
});

test("images that wait in the queue are named to other pages, and seen there once they are in the transcript", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url);
  const reader = await openWindow(browser, gateway.url);
  await isOnline(page);
  await isOnline(reader.page);
  await send(page, "slow: " + "word ".repeat(200).trim());
  await page.getByText("echo: slow: word", { exact: false }).waitFor();

  const file = png("waiting.png", 61);
  await giveFiles(page, "paste", { files: [file] });
  await hasAttached(page, ["waiting.png"]);
  await send(page, "second");
  await message(reader.page, "second").getByText("Waiting for its turn").waitFor();
  await message(reader.page, "second")
    .getByText(`Image, ${Buffer.from(file.data, "base64").length} bytes`)
    .waitFor();
  await showsSizes(page, ["61x1"]);

  await page.getByRole("button", { name: "Stop" }).click();
  await message(reader.page, "echo: second").waitFor();
  await showsSizes(reader.page, ["61x1"]);
});
