// Ours: the few members live.js uses, so that the type check does not read the minified file.
export interface Socket {
  on(event: string, listener: (data: any) => void): Socket;
  emit(event: string, data: unknown, ack?: (answer: unknown) => void): Socket;
}
export function io(options?: { transports?: string[] }): Socket;
