/** Last reading of the machine's, or the container's, load. @publicApi */
export interface ResourceUsage {
  /** Percent of the CPU time that this machine or cgroup may use, 0 to 100. */
  readonly cpu: number;
  /** Percent of the memory that this machine or cgroup may use, 0 to 100. */
  readonly memory: number;
  /** Percent of GPU utilisation, averaged over all GPUs; 0 where there is none. */
  readonly gpu: number;
}

/** Gives the last sample; never measures when asked. @publicApi */
export abstract class ResourceMonitor {
  abstract get usage(): ResourceUsage;
}
