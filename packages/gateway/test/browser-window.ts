import { join } from "node:path";
import { fileURLToPath } from "node:url";
import chromiumBinary from "@sparticuz/chromium";
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from "playwright-core";
import { expect, onTestFailed } from "vitest";

const RESULTS = fileURLToPath(new URL("../.results/", import.meta.url));

/** Long, because a test machine may have to start a browser with other tests beside it. */
const PATIENCE_MS = 150_000;

/** The gateway's page in a tab of its own profile, as a person handles it. */
export interface Window {
  readonly page: Page;
  /** What the browser complained about: script errors, failed loads, content security. */
  readonly complaints: readonly string[];
}

/** A real Chromium, with nothing switched off that protects a page. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumBinary.executablePath(),
    // Root may not use the sandbox; no part of the test relies on it.
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"],
  });
}

export async function openWindow(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  onTestFailed(async ({ task }) => {
    const name = `${task.name.replaceAll(/\W+/g, "-")}-${task.id}.png`;
    await page.screenshot({ path: join(RESULTS, name), fullPage: true });
  });
  await page.goto(url);
  return { page, complaints };
}

export async function isOnline(page: Page): Promise<void> {
  await page.getByRole("status").getByText("Online", { exact: true }).waitFor();
}

/** Writes into the message field and presses Enter. */
export async function send(page: Page, text: string): Promise<void> {
  await messageField(page).fill(text);
  await messageField(page).press("Enter");
}

export async function addNote(page: Page, text: string): Promise<void> {
  await messageField(page).fill(text);
  await page.getByRole("button", { name: "Add as note" }).click();
  await expect.poll(() => messageField(page).inputValue()).toBe("");
}

/** From the next load on, requests of a method never reach the gateway, until the returned function is called. */
export async function loseRequests(page: Page, method: string): Promise<() => void> {
  let isLosing = true;
  await page.routeWebSocket("**", (socket) => {
    const gateway = socket.connectToServer();
    socket.onMessage((data) => {
      if (!isLosing || !data.includes(method)) gateway.send(data);
    });
  });
  return () => {
    isLosing = false;
  };
}

export function messageField(page: Page) {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

/** The message on the screen that says exactly this. */
export function message(page: Page, text: string) {
  return page.getByRole("listitem").filter({ has: page.getByText(text, { exact: true }) });
}

/** The conversation on the screen, as `author: text`, in its order. */
export async function conversation(page: Page): Promise<readonly string[]> {
  // Read in one go, because a page that streams changes between two looks.
  const parts = await page.getByRole("log").locator(".message-author, .message-text").allTextContents();
  return parts.flatMap((text, index) => (index % 2 === 1 ? [`${parts[index - 1] ?? ""}: ${text}`] : []));
}

/** Whether an element of the page has the keyboard. */
export function isFocused(element: { matches(selector: string): boolean }): boolean {
  return element.matches(":focus");
}

/** Waits until the conversation is exactly this. */
export async function shows(page: Page, expected: readonly string[]): Promise<void> {
  await expect.poll(() => conversation(page)).toEqual(expected);
}

/** The same conversation as the transcript tells it: a note is stored as an assistant's message. */
export function asStored(shown: readonly string[]): readonly string[] {
  const roles = { You: "user", Assistant: "assistant", Note: "assistant" };
  return shown.map((line) =>
    line.replace(/^(You|Assistant|Note)/, (author) => roles[author as keyof typeof roles]),
  );
}

/** From the next load on, counts how often the page writes date and time of a message: whenever it draws one. */
export async function countDrawnTimes(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const write = Reflect.get(Date.prototype, "toLocaleString");
    const counter = globalThis as { drawnTimes?: number };
    counter.drawnTimes = 0;
    Date.prototype.toLocaleString = function (...args: Parameters<typeof write>) {
      counter.drawnTimes = (counter.drawnTimes ?? 0) + 1;
      return write.apply(this, args);
    };
  });
  return () => page.evaluate(() => (globalThis as { drawnTimes?: number }).drawnTimes ?? 0);
}

/** At which edge of its box a line of text begins and ends: `right` when there is room left of it alone. */
export async function lineEdges(box: Locator, line: string): Promise<"left" | "right" | "both"> {
  return box.evaluate((element: unknown, text) => {
    const { document } = globalThis as unknown as PageDocument;
    const node = (element as { readonly firstChild: { readonly data: string } }).firstChild;
    const range = document.createRange();
    const start = node.data.indexOf(text);
    range.setStart(node, start);
    range.setEnd(node, start + text.length);
    const [inner, outer] = [range, element as Measured].map((one) => one.getBoundingClientRect());
    const gaps = [(inner?.left ?? 0) - (outer?.left ?? 0), (outer?.right ?? 0) - (inner?.right ?? 0)];
    const [left = 0, right = 0] = gaps;
    return Math.abs(left - right) < 1 ? "both" : left > right ? "right" : "left";
  }, line);
}

interface Measured {
  getBoundingClientRect(): { readonly left: number; readonly right: number };
}

interface PageDocument {
  readonly document: {
    createRange(): Measured & {
      setStart(node: unknown, offset: number): void;
      setEnd(node: unknown, offset: number): void;
    };
  };
}

/** A file as a test hands it to the page. */
export interface TestFile {
  readonly name: string;
  readonly mimeType: string;
  /** Base64. */
  readonly data: string;
  /** Filled up with zeros to so many bytes. Default: as long as the data. */
  readonly bytes?: number;
}

/** What the browser has and Node has not. */
interface PageGlobals {
  readonly DataTransfer: new () => {
    readonly items: { add(file: File): void };
    setData(type: string, text: string): void;
  };
  readonly ClipboardEvent: new (type: string, about: object) => Event;
  readonly DragEvent: new (type: string, about: object) => Event;
}

/** Gives files to the page as the clipboard or a drop would, with a text beside them; tells whether it took them. */
export async function giveFiles(
  page: Page,
  way: "paste" | "drop",
  given: { readonly files: readonly TestFile[]; readonly text?: string },
): Promise<boolean> {
  return messageField(page).evaluate(
    (field: EventTarget, [how, { files, text }]) => {
      const { DataTransfer, ClipboardEvent, DragEvent } = globalThis as unknown as PageGlobals;
      const carrier = new DataTransfer();
      if (text !== undefined) carrier.setData("text/plain", text);
      for (const { name, mimeType, data, bytes } of files) {
        const head = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        const content = new Uint8Array(bytes ?? head.length);
        content.set(head);
        carrier.items.add(new File([content], name, { type: mimeType }));
      }
      const about = { bubbles: true, cancelable: true };
      const event =
        how === "paste"
          ? new ClipboardEvent("paste", { ...about, clipboardData: carrier })
          : new DragEvent("drop", { ...about, dataTransfer: carrier });
      return !field.dispatchEvent(event);
    },
    [way, given] as const,
  );
}

/** The names of the images that will go with the next message. */
export async function attachedNames(page: Page): Promise<readonly (string | null)[]> {
  const images = await page.getByRole("list", { name: "Attached images" }).getByRole("img").all();
  return Promise.all(images.map((image) => image.getAttribute("alt")));
}

/** The sizes of the images that the conversation shows, in pixels; only what the browser could decode has one. */
export async function shownSizes(page: Page): Promise<readonly string[]> {
  return page
    .getByRole("log")
    .locator(".picture img")
    .evaluateAll((images: readonly { readonly naturalWidth: number; readonly naturalHeight: number }[]) =>
      images.map(({ naturalWidth, naturalHeight }) => `${naturalWidth}x${naturalHeight}`),
    );
}
