// Takes a picture of the chat page in each of its states into the folder named by MUYKOL_LOOK.

import { mkdir } from "node:fs/promises";
import { launch, states } from "./states.mjs";

const folder = process.env.MUYKOL_LOOK ?? "look";
const sizes = { phone: [390, 844], narrow: [320, 640], tablet: [820, 1180], desktop: [1440, 900] };
const only = process.argv[2];

await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  for (const [name, reach] of Object.entries(states)) {
    if (only && name !== only) continue;
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 844 } });
      const page = await context.newPage();
      await reach(page);
      for (const [size, [width, height]] of Object.entries(sizes)) {
        await page.setViewportSize({ width, height });
        const path = `${folder}/${name.replaceAll(" ", "-")}.${size}.${colorScheme}.png`;
        await page.screenshot({ path, fullPage: true });
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
}
