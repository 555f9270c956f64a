// Writes the given PNG files anew with 256 colours each, in less than half of the bytes; nobody sees it.
import { readFile, writeFile } from 'node:fs/promises';
import UPNG from 'upng-js';

for (const path of process.argv.slice(2)) {
  const image = UPNG.decode(await readFile(path));
  const palette = UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, 256);
  await writeFile(path, Buffer.from(palette));
}
