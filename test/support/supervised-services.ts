import { ServiceProcess } from './service-process.js';

/** Services of several processes, each run from one file with settings of its own. */
export class SupervisedServices<Settings extends object> {
  private readonly started: ServiceProcess[] = [];

  constructor(private readonly main: string) {}

  start(settings: Settings, env: NodeJS.ProcessEnv = {}): ServiceProcess {
    const service = new ServiceProcess({ main: this.main, args: [JSON.stringify(settings)], env });
    this.started.push(service);
    return service;
  }

  /** Ends all of them. */
  async remove(): Promise<void> {
    await Promise.all(this.started.splice(0).map((service) => service.remove()));
  }
}

/** Where a service listens, once all of its workers are ready. */
export async function allReady(service: ServiceProcess): Promise<string> {
  const [, url = ''] = await service.says(/All \d+ workers are ready on (http:\S+)/);
  return url;
}
