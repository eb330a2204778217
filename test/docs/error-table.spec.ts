import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CATALOGUE } from 'nestage';

describe('docs/04-errors.md', () => {
  it('lists exactly the codes of the catalogue, with their tiers and statuses', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/04-errors.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (L\d) +\| (\d{3}) +\|$/gm)].map(([, code, tier, status]) => [
      code,
      tier,
      Number(status),
    ]);
    const catalogue = Object.entries(ERROR_CATALOGUE).map(([code, { tier, status }]) => [code, tier, status]);
    expect(rows.sort()).toEqual(catalogue.sort());
  });
});
