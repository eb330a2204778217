import { cpus } from 'node:os';
import { type MonitorResult, OSUtils } from 'node-os-utils';

/** Milliseconds of all CPUs together, since the machine was started. */
interface CpuReading {
  readonly busyMs: number;
  readonly allMs: number;
}

/**
 * Load of the whole machine. Never throws: what can't be measured on this platform is undefined.
 * @internal
 */
export class HostMeter {
  private utils: OSUtils | undefined;
  private lastCpu: CpuReading | undefined;

  /**
   * Percent of all CPUs' time since the call before; undefined at the first. Not by node-os-utils, which waits 200 ms between two
   * readings of its own, by a timer that holds the process and whoever closes it.
   */
  cpu(): number | undefined {
    const [last, current] = [this.lastCpu, readCpus()];
    this.lastCpu = current;
    if (!last || current.allMs <= last.allMs) return undefined;
    return (100 * (current.busyMs - last.busyMs)) / (current.allMs - last.allMs);
  }

  /** Percent of the memory that is not available to new programs, by node-os-utils. */
  async memory(): Promise<number | undefined> {
    try {
      // its cache would give the same figure for 5 s, and a timer sweeps it
      this.utils ??= new OSUtils({ cacheEnabled: false });
      const answer: MonitorResult<number> = await this.utils.memory.usage();
      return answer.success ? answer.data : undefined;
    } catch {
      return undefined; // an unsupported platform; also a failed reading, which the library emits as an unheard 'error' event
    }
  }
}

function readCpus(): CpuReading {
  const times = cpus().map((cpu) => cpu.times);
  const allMs = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { allMs, busyMs: allMs - times.reduce((sum, { idle }) => sum + idle, 0) };
}
