import { readDataUrl } from './data-url.js';

const read = (url: string): string => {
  try {
    const { type, bytes } = readDataUrl(url, 'field');
    return `${type} ${bytes.toString('latin1')}`;
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
};

describe('readDataUrl', () => {
  it.each([
    ['data:image/png;base64,aGk=', 'image/png hi'],
    ['data:image/PNG;name=x;base64,aGk', 'image/png hi'],
    ['data:;base64,aGk=', 'text/plain hi'],
    ['data:image/png;base64,aG\n k=', 'image/png hi'],
    ['data:a/b;base64,-_-_', 'a/b \u00fb\u00ff\u00bf'],
    ['data:a/b;base64,+/+/', 'a/b \u00fb\u00ff\u00bf'],
    ['data:a/b;base64,+_+_', 'invalid_request: field holds broken base64'],
    ['data:a/b;base64,aGk=a', 'invalid_request: field holds broken base64'],
    ['data:a/b;base64,a', 'invalid_request: field holds broken base64'],
    ['data:a/b;base64,====', 'invalid_request: field holds broken base64'],
    ['data:a/b;base64,a!', 'invalid_request: field holds broken base64'],
    ['data:a/b;base64,', 'empty_file: field holds no bytes'],
    ['data:a/b,plain', 'invalid_request: field must be a data URL in base64'],
    ['just text', 'invalid_request: field must be a data URL such as data:image/png;base64,...'],
  ])('reads %j', (url, expected) => {
    expect(read(url)).toBe(expected);
  });

  it('says of an address that it is not fetched', () => {
    expect(read('https://example.com/x.png')).toContain('remote addresses are not fetched');
  });

  it('reads a picture of any length, whatever the state of the pattern engine', () => {
    const text = 'A'.repeat(40_000_000);
    for (let time = 0; time < 3; time++) expect(readDataUrl(`data:image/png;base64,${text}`, 'field').bytes.length).toBe(30_000_000);
    expect(read(`data:image/png;base64,${text}!`)).toContain('holds broken base64');
  });
});
