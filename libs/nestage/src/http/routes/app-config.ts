import type { ApplicationConfig, ModuleRef } from '@nestjs/core';

/**
 * The app's prefix, versioning and global enhancers. Not provided for injection by Nest, but held by the container that every ModuleRef
 * stands for.
 * @internal
 */
export const appConfigOf = (moduleRef: ModuleRef): ApplicationConfig =>
  (moduleRef as unknown as { readonly container: { readonly applicationConfig: ApplicationConfig } }).container.applicationConfig;
