import { type MonitorResult, OSUtils } from 'node-os-utils';

/**
 * Load of the whole machine by node-os-utils. Never throws: what can't be measured on this platform is undefined.
 * @internal
 */
export class HostMeter {
  private utils: OSUtils | undefined;

  /** Percent of all CPUs' time; the library waits 200 ms between two readings, by a timer that holds the process. */
  cpu(): Promise<number | undefined> {
    return this.ask((utils) => utils.cpu.usage());
  }

  /** Percent of the memory that is not available to new programs. */
  memory(): Promise<number | undefined> {
    return this.ask((utils) => utils.memory.usage());
  }

  private async ask(question: (utils: OSUtils) => Promise<MonitorResult<number>>): Promise<number | undefined> {
    try {
      // its cache would give the same CPU load for 5 s, and a timer sweeps it
      this.utils ??= new OSUtils({ cacheEnabled: false });
      const answer = await question(this.utils);
      return answer.success ? answer.data : undefined;
    } catch {
      return undefined; // an unsupported platform; also a failed reading, which the library emits as an unheard 'error' event
    }
  }
}
