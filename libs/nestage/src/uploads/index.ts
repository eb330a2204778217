export { files, images } from './upload-format.js';
export type { FilesOptions, UploadOptions } from './uploads.options.js';
export type { FileType } from './file-type.js';
export { IMAGE_TYPES, type KnownFileType } from './file-types.js';
export { FileRequest, UploadedFile, type UploadedFileFacts } from './uploaded-file.js';
export { isPublicAddress } from '../common/public-address.js';
export { type RemoteFetch, RemoteFetcher } from './remote-fetcher.js';
export type { RemoteFetcherOptions } from './remote-fetcher.options.js';
