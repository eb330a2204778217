import { type DynamicModule, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import {
  OptionError,
  StageHandler,
  StartFaultError,
  type StartOptions,
  startWebService,
  WebServiceModule,
  type WebServiceOptions,
} from 'nestage';
import { QueueModule } from 'nestage/queue';
import { SecurityModule } from 'nestage/security';

/** What start-faults-process.e2e-spec.ts asks of this process. */
export interface ChildSettings {
  readonly start?: StartOptions;
  readonly root?: WebServiceOptions;
  readonly room?: 'security' | 'queue';
  readonly fault?:
    | 'option in the root'
    | 'option in an import'
    | 'error in the root'
    | 'no root'
    | 'option in a factory'
    | 'two faults'
    | 'error in a factory'
    | 'missing provider'
    | 'error in configure'
    | 'no service';
}

const { start, root, room, fault }: ChildSettings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings;

@StageHandler('/work', { request: false })
class WorkHandler {
  async run(input: unknown): Promise<object> {
    return { input };
  }
}

abstract class NowhereProvided {}

function readOptions(): WebServiceOptions {
  if (fault === 'option in a factory') throw new OptionError('"MODEL_PATH" must be a file (set it in the environment).');
  if (fault === 'two faults') throw new StartFaultError(['The first is wrong.', 'The second is, too.']);
  if (fault === 'error in a factory') throw new TypeError('the vault is sealed', { cause: new RangeError('3 of 5 keys') });
  return root ?? {};
}

const service = root ? WebServiceModule.forRoot(root) : WebServiceModule.forRootAsync({ useFactory: readOptions });
const rooms: Record<string, () => DynamicModule> = { security: () => SecurityModule.forRoot(), queue: () => QueueModule.forRoot() };
const orphan: Provider = { provide: 'orphan', inject: [NowhereProvided], useFactory: () => 1 };
const metadata: ModuleMetadata = {
  imports: [...(fault === 'no service' ? [] : [service]), ...(room ? [rooms[room]()] : [])],
  providers: [...(fault === 'no service' ? [] : [WorkHandler]), ...(fault === 'missing provider' ? [orphan] : [])],
};

@Module(metadata)
class ChildModule {}

async function makeRoot(): Promise<typeof ChildModule> {
  process.stdout.write('the root is asked for\n');
  if (fault === 'option in the root') throw new OptionError('"MODEL_PATH" must be a file (set it in the environment).');
  if (fault === 'option in an import') await import('./start-faults-import.js');
  if (fault === 'error in the root') throw new TypeError('the vault is sealed');
  return fault === 'no root' ? (undefined as never) : ChildModule;
}

await startWebService(fault?.match(/root|import/) ? makeRoot : ChildModule, {
  ...start,
  configure: () => {
    if (fault === 'error in configure') throw new TypeError('no such pipe');
  },
});
process.stdout.write('it started\n');
