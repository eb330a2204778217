/** Bytes in `count` kilobytes of 1024 bytes. @publicApi */
export const kilobytes = (count: number): number => count * 1024;

/** Bytes in `count` megabytes of 1024 kilobytes: `maxBodyBytes: megabytes(20)`. @publicApi */
export const megabytes = (count: number): number => kilobytes(count * 1024);
