// Pictures to upload, made here: a file for each would be one more to explain.
import { expect, type Locator } from '@playwright/test';
import { crc32, deflateSync } from 'node:zlib';

/** What Playwright puts into a field for files. */
type File = { name: string; mimeType: string; buffer: Buffer };

/** A file as a browser offers it, whatever is in it. */
export function file(name: string, mimeType: string, content: string): File {
  return { name, mimeType, buffer: Buffer.from(content) };
}

/** A PNG of some 120 KB: a sun over hills, with grain that does not compress. */
export function portrait(): File {
  const side = 200;
  const rows = Buffer.alloc(side * (1 + 3 * side));
  let grain = 1;
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      grain = (grain * 48271) % 2147483647;
      const isSun = (x - 130) ** 2 + (y - 70) ** 2 < 900;
      const isHill = y > 130 + 18 * Math.sin(x / 23);
      const colour = isSun ? [232, 180, 90] : isHill ? [70, 110, 85] : [205, 218, 210];
      colour.forEach((level, at) => (rows[y * (1 + 3 * side) + 1 + 3 * x + at] = level + (grain % 20)));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8); // eight bits each of red, green and blue
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  const buffer = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
  return { name: 'hills.png', mimeType: 'image/png', buffer };
}

/** With its length before it and its checksum behind it (PNG, section 5.3). */
function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
}

/** That the browser has loaded and understood it. */
export async function expectPicture(image: Locator): Promise<void> {
  await expect(image).toHaveJSProperty('complete', true);
  expect(await image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBeGreaterThan(0);
}
