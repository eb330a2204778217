import { helpText, readCommand } from './command-line.js';

const ids = ['echo', 'chat'];

describe('the command line', () => {
  it('measures all, once, unless it is told otherwise', () => {
    expect(readCommand([], ids)).toMatchObject({
      text: 'npm run bench',
      only: [],
      rounds: undefined,
      runs: 1,
      isQuick: false,
      isPublishing: false,
    });
    expect(readCommand(['--only', 'echo,chat', '--rounds', '3', '--quick'], ids)).toMatchObject({ only: ids, rounds: 3, isQuick: true });
    expect(readCommand(['--runs', '3', '--publish'], ids)).toMatchObject({ runs: 3, isPublishing: true, from: undefined });
    expect(readCommand(['--from', 'x.json'], ids)).toMatchObject({ isPublishing: true, from: 'x.json' });
  });

  it.each([
    [['--only', 'nothing'], '"--only" takes echo, chat, got "nothing".'],
    [['--rounds', '0'], '"--rounds" must be an integer from 1 to 20, got "0".'],
    [['--runs', 'many'], '"--runs" must be an integer from 1 to 20, got "many".'],
    [['--publish', '--quick'], '"--publish" takes whole runs: leave "--quick" and "--only" away.'],
    [['--unknown'], "Unknown option '--unknown'"],
  ])('refuses %j', (args, words) => {
    expect(() => readCommand(args, ids)).toThrow(words);
  });

  it('lists the scenarios in its help', () => {
    expect(helpText([{ id: 'echo', title: 'An echo' }])).toMatch(/^ +echo +An echo$/m);
  });
});
