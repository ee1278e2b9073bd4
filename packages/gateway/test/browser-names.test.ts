import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startGatewayProcess } from "./browser-gateway.ts";
import { isOnline, launchBrowser, message, openWindow, send } from "./browser-window.ts";

// Several waits of one test may each need their patience on a busy machine.
vi.setConfig({ testTimeout: 600_000 });

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

test("a session may have a name in any script", async () => {
  await using gateway = await startGatewayProcess();
  const { page, complaints } = await openWindow(browser, gateway.url);
  await isOnline(page);
  // Vowel signs, a joiner that is spelling, and letters that need neither.
  const names = ["हिन्दी", "தமிழ் குறிப்புகள்", "กี่เรื่อง", "مُحَمَّد", "می\u200cخواهم", "日本語 メモ"];

  for (const name of names) {
    await page.getByLabel("New session").fill(name);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    await send(page, "hello");
    await message(page, "echo: hello").waitFor();
  }

  await page.reload();
  await message(page, "echo: hello").waitFor();
  const list = page.getByRole("navigation", { name: "Sessions" });
  for (const name of names) await list.getByRole("link", { name }).waitFor();
  expect(complaints).toEqual([]);
});

test("a name that is written from right to left goes that way, and its beginning is seen where it is too long", async () => {
  await using gateway = await startGatewayProcess();
  const { page } = await openWindow(browser, gateway.url, { viewport: { width: 800, height: 600 } });
  await isOnline(page);
  const name = "هذا اسم طويل جدا للمحادثة حتى يقطع".repeat(2);
  await page.getByLabel("New session").fill(name);
  expect(await page.locator("#new-session:dir(rtl)").count()).toBe(1);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name, level: 1 }).waitFor();

  for (const place of ["h1", "[aria-current] .session-name"]) {
    expect(await page.locator(place).evaluate(showsFirstLetter), place).toBe(true);
  }
});

/** What the browser has and Node has not. */
interface PageGlobals {
  readonly document: {
    createRange(): Measured & {
      setStart(node: unknown, offset: number): void;
      setEnd(node: unknown, offset: number): void;
    };
  };
}

interface Measured {
  getBoundingClientRect(): { readonly left: number; readonly right: number };
}

/** Whether the first letter of an element's text lies within the element. */
function showsFirstLetter(element: Measured & { readonly firstChild: unknown }): boolean {
  const letter = (globalThis as unknown as PageGlobals).document.createRange();
  letter.setStart(element.firstChild, 0);
  letter.setEnd(element.firstChild, 1);
  const [inner, outer] = [letter.getBoundingClientRect(), element.getBoundingClientRect()];
  return inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
}
