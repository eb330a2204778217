/**
 * Measures each candidate once a round, so that whatever else the machine does meets all of them. Each round begins with another candidate.
 * @returns what was measured, by name, in the order of the rounds
 */
export async function inRounds<T>(
  names: readonly string[],
  rounds: number,
  measure: (name: string, round: number) => Promise<T>,
): Promise<Map<string, T[]>> {
  const measured = new Map<string, T[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length];
      measured.get(name)?.push(await measure(name, round));
    }
  }
  return measured;
}

/** From a list of measurements to a list a figure. */
export function columnsOf<K extends string>(rounds: readonly Readonly<Record<K, number>>[]): Record<K, number[]> {
  const keys = Object.keys(rounds[0] ?? {}) as K[];
  return Object.fromEntries(keys.map((key) => [key, rounds.map((round) => round[key])])) as Record<K, number[]>;
}
