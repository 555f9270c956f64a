// What Lighthouse finds at /login, and at /profile for whoever is signed in: a row of `make bench` a line, and beside them on
// standard error every audit that is not perfect. `scripts/lighthouse` starts it, with a server; by itself it wants three
// variables: CHROME_PATH, ORIGIN of a running server, and COOKIE of somebody who is signed in there. Whole reports go into
// the folder REPORTS, if it is named.
import { writeFile } from 'node:fs/promises';
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const { CHROME_PATH, ORIGIN, COOKIE, REPORTS } = process.env;
const visits = [
  { path: '/login', who: 'anonymous', headers: {} },
  { path: '/profile', who: 'signed in', headers: { Cookie: COOKIE } },
];

// Chromium's sandbox refuses to run as root, as in most containers.
const flags = ['--headless=new', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

/** One visit, in a browser that has never been anywhere, by Lighthouse's own rules: a telephone on a slow network. */
async function visit({ path, headers }) {
  const chrome = await launch({ chromePath: CHROME_PATH, chromeFlags: flags });
  try {
    const { lhr, report } = await lighthouse(ORIGIN + path, { port: chrome.port, extraHeaders: headers, output: 'html', logLevel: 'error' });
    if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
    const reached = new URL(lhr.finalDisplayedUrl).pathname;
    if (reached !== path) throw new Error(`${path} led to ${reached}.`);
    if (REPORTS) await writeFile(`${REPORTS}/lighthouse${path.replaceAll('/', '-')}.html`, report);
    return lhr;
  } finally {
    chrome.kill();
  }
}

function row(...cells) {
  console.log(cells.join('\t'));
}

/** What costs points, or might: with what Lighthouse says of it. */
function tellImperfect({ path }, { audits, categories }) {
  for (const { title, auditRefs } of Object.values(categories)) {
    for (const { id, weight } of auditRefs) {
      const { score, displayValue, explanation, details } = audits[id];
      if (weight === 0 || score === null || score === 1) continue;
      const items = details?.items?.slice(0, 3).map((item) => JSON.stringify(item).slice(0, 300)) ?? [];
      const facts = [displayValue, explanation, ...items].filter(Boolean).map((fact) => `\n      ${fact}`);
      console.error(`    ${path}, ${title}: ${id} ${score}${facts.join('')}`);
    }
  }
}

for (const one of visits) {
  const lhr = await visit(one);
  const where = `\`${one.path}\`, ${one.who}`;
  for (const { title, score } of Object.values(lhr.categories)) row(`Lighthouse: ${title} of ${where}`, Math.round(score * 100), 100);
  row(`Lighthouse: layout shift of ${where}`, lhr.audits['cumulative-layout-shift'].numericValue, 0);
  if (one.path === '/login') {
    const bytes = lhr.audits['network-requests'].details.items.reduce((sum, { transferSize }) => sum + transferSize, 0);
    row('`/login`, first visit, all that is sent', `${(bytes / 1024).toFixed(1)} KB`, '100 KB');
  }
  tellImperfect(one, lhr);
}
