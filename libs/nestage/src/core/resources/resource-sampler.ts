import { type Clock, systemClock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
import { checkOptions, integer, typed } from '../../common/option-checks.js';
import type { CgroupPlaces } from './cgroup-limits.js';
import { CgroupMeter } from './cgroup-meter.js';
import { GpuSampler } from './gpu-sampler.js';
import { HostMeter } from './host-meter.js';
import { ResourceMonitor, type ResourceUsage } from './resource-usage.js';

/** Options of the background sampler. @publicApi */
export interface ResourceSamplerOptions {
  /** Pause between two samples of CPU, memory and GPU. @default 2000 */
  readonly intervalMs?: number;
  /** Mount of cgroup v2. @default '/sys/fs/cgroup' */
  readonly cgroupFolder?: string;
  /** File that names the cgroups of this process. @default '/proc/self/cgroup' */
  readonly cgroupMembershipFile?: string;
  /** Folders in which nvidia-smi is looked for, as in PATH. @default the process's PATH */
  readonly gpuSearchPath?: string;
}

/** The second reading follows soon: until then there is no CPU load to tell. */
const FIRST_PAUSE_MS = 200;

/**
 * Keeps the last sample of CPU, memory and GPU by one background loop that never keeps the process alive. Within a container the
 * percentages are of what its cgroup v2 allows, where it limits CPU or memory; else of the machine. What can't be measured keeps its
 * last value, 0 at first.
 * @publicApi
 */
export class ResourceSampler extends ResourceMonitor {
  private readonly intervalMs: number;
  private readonly cgroup: CgroupMeter;
  private readonly host = new HostMeter();
  private readonly gpu: GpuSampler;
  private last: ResourceUsage = { cpu: 0, memory: 0, gpu: 0 };
  private run: AbortController | undefined;
  private sampling: Promise<void> = Promise.resolve();
  private cancelNext: (() => void) | undefined;

  /** @throws OptionError */
  constructor(
    options: ResourceSamplerOptions = {},
    private readonly clock: Clock = systemClock,
  ) {
    super();
    checkOptions(options, CHECKS, 'WebServiceModule.forRoot()', 'resources.');
    const places: CgroupPlaces = { mountFolder: options.cgroupFolder, membershipFile: options.cgroupMembershipFile };
    this.intervalMs = options.intervalMs ?? seconds(2);
    this.cgroup = new CgroupMeter(places, clock);
    this.gpu = new GpuSampler({ intervalMs: this.intervalMs, searchPath: options.gpuSearchPath, clock });
  }

  /** The last sample, percentages with one decimal; all 0 before the first. The same object as long as it says the same. */
  override get usage(): ResourceUsage {
    const gpu = percent(this.gpu.utilization);
    if (gpu !== this.last.gpu) this.last = { ...this.last, gpu };
    return this.last;
  }

  /** Starts the loop; while it runs, nothing happens. */
  start(): void {
    if (this.run) return;
    this.run = new AbortController();
    this.gpu.start();
    this.sampling = this.sample(this.run.signal, Math.min(FIRST_PAUSE_MS, this.intervalMs));
  }

  /** Ends the loop and resolves when no timer and no process of it is left. `start()` may follow. */
  async stop(): Promise<void> {
    this.run?.abort();
    this.run = undefined;
    this.cancelNext?.();
    await Promise.all([this.sampling, this.gpu.stop()]);
  }

  private async sample(stopped: AbortSignal, pauseMs: number): Promise<void> {
    const limited = await this.cgroup.measure();
    const cpu = limited.cpu ?? this.host.cpu() ?? this.last.cpu;
    const memory = limited.memory ?? (await this.host.memory()) ?? this.last.memory;
    this.last = { cpu: percent(cpu), memory: percent(memory), gpu: this.last.gpu };
    if (stopped.aborted) return;
    this.cancelNext = this.clock.schedule(pauseMs, () => {
      this.sampling = this.sample(stopped, this.intervalMs);
    });
  }
}

const CHECKS = {
  intervalMs: integer(100),
  cgroupFolder: typed('string'),
  cgroupMembershipFile: typed('string'),
  gpuSearchPath: { describe: 'a string', accepts: (value: unknown) => typeof value === 'string' },
};

/** Within 0 and 100, with one decimal: counters of several CPUs are read a moment apart and may overshoot. */
function percent(value: number): number {
  return Math.round(Math.min(100, Math.max(0, value)) * 10) / 10;
}
