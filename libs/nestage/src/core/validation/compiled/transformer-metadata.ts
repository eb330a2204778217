import type { MetadataStorage } from 'class-transformer/types/MetadataStorage.js';
// @ts-expect-error -- class-transformer keeps its metadata in this file and exports neither it nor its types
import * as storage from 'class-transformer/cjs/storage.js';

/** What `@Type`, `@Transform`, `@Expose` and `@Exclude` noted down, for all classes of the process. @internal */
export const transformerMetadata = (storage as { readonly defaultMetadataStorage: MetadataStorage }).defaultMetadataStorage;
