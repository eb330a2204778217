export { singleFile, type SingleFileOptions } from './single-file.body.js';
export { FileRequest, UploadedFile } from './uploaded-file.js';
