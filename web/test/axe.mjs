// Runs axe over the chat page in its states, light and dark: no violation is allowed.

import { AxeBuilder } from "@axe-core/playwright";
import { launch, say, states, url } from "./states.mjs";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
let found = 0;
let checked = 0;

/** @param {string} what */
function wrong(what) {
  found += 1;
  console.error(`✗ ${what}`);
}

const browser = await launch();
try {
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    for (const [name, reach] of Object.entries(states)) {
      const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 844 } });
      const page = await context.newPage();
      page.on("console", (message) => {
        // The only errors a page may have are the statuses its states are about.
        if (message.type() === "error" && !message.text().includes("the server responded with a status")) {
          wrong(`${name}, ${colorScheme}: ${message.text()}`);
        }
      });
      page.on("request", (request) => {
        if (new URL(request.url()).hostname !== new URL(url).hostname) {
          wrong(`${name}: a request left for ${request.url()}`);
        }
      });
      await reach(page);
      const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
      for (const violation of violations) {
        const where = violation.nodes.map((node) => node.target.join(" ")).join(", ");
        wrong(`${name}, ${colorScheme}: ${violation.id}: ${violation.help} (${where})`);
      }
      checked += 1;

      // 320 CSS px is 1280 px at 400 %: nothing may need scrolling sideways (WCAG 1.4.10).
      await page.setViewportSize({ width: 320, height: 640 });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > 320) wrong(`${name}, ${colorScheme}: ${width} px wide at 320 px`);

      // What can be tapped is at least 24 px in both directions, or a link in running text
      // (WCAG 2.5.8).
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("button, summary, .button, .way, .option, textarea")]
          .filter((element) => element.checkVisibility())
          .map((element) => [element.textContent?.trim(), element.getBoundingClientRect()])
          .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
          .map(([text]) => text),
      );
      if (small.length > 0) wrong(`${name}: too small to tap: ${small.join(", ")}`);
      await context.close();
    }
  }

  // The whole way with scripts switched off and the keyboard alone.
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(url);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Thank you for being here.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#latest$/);
  if ((await page.locator("#latest .words").count()) === 0) wrong("no reply by keyboard alone");
  await say(page, "And good night.");
  if ((await page.locator(".line.mine").count()) !== 2) wrong("the second message is not shown");
  await context.close();
} finally {
  await browser.close();
}

console.log(`axe: ${checked} pages checked, ${found} violations`);
process.exit(found === 0 ? 0 : 1);
