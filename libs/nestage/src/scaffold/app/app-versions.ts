/** Versions that a new app begins with: those that this release was tested with. A test compares them with the workspace's. @internal */
export const DEPENDENCIES: Readonly<Record<string, string>> = {
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/platform-express': '12.5.1',
  '@nestjs/swagger': '12.0.2',
  'class-transformer': '0.5.1',
  'class-validator': '0.15.1',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
};

/** @see DEPENDENCIES @internal */
export const DEV_DEPENDENCIES: Readonly<Record<string, string>> = {
  '@nestjs/cli': '12.0.8',
  '@nestjs/schematics': '12.0.6',
  '@nestjs/testing': '12.1.1',
  '@swc/core': '1.16.18',
  '@swc/jest': '0.2.39',
  '@types/jest': '^30.0.0',
  '@types/node': '^20.19.0',
  jest: '30.5.2',
  typescript: '6.0.3',
};
