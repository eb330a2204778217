/** Where bytes wait that are too long for a job itself: pictures, documents, answers. @publicApi */
export abstract class PayloadStore {
  /** Keeps bytes for at least `keepMs`. @returns the reference to read them by, on any machine of the service */
  abstract put(bytes: Uint8Array, keepMs: number): Promise<string>;

  /** @returns `undefined` when they are unknown, or gone with their time */
  abstract get(reference: string): Promise<Buffer | undefined>;

  abstract delete(reference: string): Promise<void>;
}
