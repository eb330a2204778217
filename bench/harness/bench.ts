import type { LoadGenerator } from './load-generator.js';

/** What every scenario works with. */
export interface Bench {
  /** The repository. */
  readonly root: string;
  readonly generator: LoadGenerator;
  /** How often everything is measured, the candidates in turn. */
  readonly rounds: number;
  /** Length of one measurement. */
  readonly windowMs: number;
  /** How long a server is loaded before it is measured first. */
  readonly warmUpMs: number;
  /** Whether this run only shows that the scenarios work. */
  readonly isQuick: boolean;
  /** Tells whoever waits what is going on. */
  readonly tell: (text: string) => void;
}
