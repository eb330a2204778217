/** Remembers one kind of circumstance, to say what else changed when an anomaly is told. @internal */
export interface ChangeWitness {
  /** Called once an interval. @param troubled paths with an anomaly, from which nothing usual can be learnt */
  tick(troubled: ReadonlySet<string>): void;
  /** What has changed for the requests of a path, one sentence each. */
  changes(path: string): readonly string[];
}
