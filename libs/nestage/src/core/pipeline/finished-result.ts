/** Given by middleware in place of a result of `run`: the whole answer, which `postProcess` must not see. @publicApi */
export class FinishedResult {
  constructor(readonly value: unknown) {}
}
