import { scrubText } from './scrub-text.js';
import { HARMLESS } from './scrub/testing-harmless.js';

describe('scrubText', () => {
  it.each(HARMLESS)('leaves %j as it is', (text) => expect(scrubText(text)).toBe(text));

  it('shortens a long text and says so', () => {
    const scrubbed = scrubText('ordinary words '.repeat(1000));
    expect(scrubbed).toMatch(/words…$|ordinary…$/);
    expect(scrubbed.length).toBeLessThanOrEqual(4096);
  });

  it('leaves no half of a key where it cuts', () => {
    const key = 'sk-' + 'x'.repeat(40);
    for (let before = 4040; before < 4100; before++) expect(scrubText(`${'a '.repeat(before / 2)}${key} z`)).not.toContain('sk-');
  });

  it('cuts between characters, not within one', () => {
    const scrubbed = scrubText(`a${'😀'.repeat(3000)}`);
    expect(scrubbed).not.toMatch(/\p{Cs}/u);
  });
});
