// The states of the chat page, and how a person gets into each of them.

import { chromium } from "playwright-core";

export const url = process.env.MUYKOL_URL ?? "http://127.0.0.1:8080";
/** Switches of `cargo run -p muykol-web --example states`; without them some states are left out. */
const switches = process.env.MUYKOL_SWITCHES_URL;
/** A muykol that lets nobody begin a conversation; without it that state is left out. */
const limited = process.env.MUYKOL_LIMITED_URL;

/** Starts the browser with nothing of anybody's in it. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** @param {string} path */
async function turn(path) {
  await fetch(`${switches}/${path}`);
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} text
 */
export async function say(page, text) {
  await page.fill("#text", text);
  await page.click("form.write button[type=submit]");
  await page.waitForLoadState("load");
}

const worry = "I can't sleep, I'm so worried about losing my job";
const danger = "I want to kill myself tonight";

/** @type {Record<string, (page: import("playwright-core").Page) => Promise<void>>} */
export const states = {
  empty: async (page) => {
    await page.goto(url);
  },
  helplines: async (page) => {
    await page.goto(url);
    await page.click(".at-hand summary");
  },
  conversation: async (page) => {
    await page.goto(url);
    await say(page, worry);
  },
  rating: async (page) => {
    await page.goto(url);
    await say(page, worry);
    await page.locator(".rate summary").last().click();
  },
  thanks: async (page) => {
    await states.rating(page);
    await page.locator(".rate input[value='4']").last().check();
    await page.locator(".rate button").last().click();
    await page.waitForLoadState("load");
  },
  crisis: async (page) => {
    await page.goto(url);
    await say(page, danger);
  },
  forged: async (page) => {
    await page.goto(url);
    await page.context().clearCookies();
    await say(page, worry);
  },
  "forged in danger": async (page) => {
    await page.goto(url);
    await page.context().clearCookies();
    await say(page, danger);
  },
  "not found": async (page) => {
    await page.goto(`${url}/nowhere`);
  },
};

if (switches) {
  states["store down"] = async (page) => {
    await page.goto(url);
    await say(page, worry);
    await page.waitForTimeout(100);
    await turn("store/fails");
    await page.goto(url);
    await turn("store/works");
  };
  states["store down in danger"] = async (page) => {
    await page.goto(url);
    await turn("store/fails");
    await say(page, danger);
    await turn("store/works");
  };
  states["store down while sending"] = async (page) => {
    await page.goto(url);
    await turn("store/fails");
    await say(page, worry);
    await turn("store/works");
  };
  states.waiting = async (page) => {
    await page.goto(url);
    await say(page, "Good evening.");
    await turn("answers/wait");
    await say(page, worry);
    await turn("answers/go");
  };
}

if (limited) {
  states.limited = async (page) => {
    await page.goto(limited);
    await say(page, worry);
  };
}
