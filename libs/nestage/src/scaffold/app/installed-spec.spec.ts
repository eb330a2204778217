import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedSpec } from './installed-spec.js';

describe(installedSpec.name, () => {
  let project: string;

  beforeEach(() => (project = mkdtempSync(join(tmpdir(), 'nestage-project-'))));
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  const specIn = (packageFile?: object): string => {
    if (packageFile) writeFileSync(join(project, 'package.json'), JSON.stringify(packageFile));
    return installedSpec(join(project, 'node_modules/nestage'), '1.2.3');
  };

  it('is the tarball that it was installed from, wherever the new app is', () => {
    expect(specIn({ dependencies: { nestage: 'file:packs/nestage.tgz' } })).toBe(`file:${join(project, 'packs/nestage.tgz')}`);
    expect(specIn({ devDependencies: { nestage: 'file:../nestage.tgz' } })).toBe(`file:${join(project, '../nestage.tgz')}`);
    expect(specIn({ dependencies: { nestage: 'file:/packs/nestage.tgz' } })).toBe('file:/packs/nestage.tgz');
  });

  it('is its version when it came from a registry, or no project asks for it', () => {
    expect(specIn({ dependencies: { nestage: '~1.0.0' } })).toBe('^1.2.3');
    expect(specIn({ name: 'other' })).toBe('^1.2.3');
  });

  it('is its version where there is no project', () => expect(specIn()).toBe('^1.2.3'));
});
