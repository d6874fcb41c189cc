/**
 * What a store knows of a secret. `absent`: it holds none; `locked`: it does not open; `garbage`: what it holds cannot be a key;
 * `unavailable`: there is no such store on this machine.
 */
export type SecretRead =
  | { readonly state: 'set'; readonly secret: string }
  | { readonly state: 'absent' }
  | { readonly state: 'locked' | 'garbage' | 'unavailable'; readonly reason: string }

export type SecretChange =
  | { readonly state: 'done' }
  | { readonly state: 'locked' | 'unavailable'; readonly reason: string }

/** Where keys are kept. Nothing of it throws: what can go wrong is an answer. */
export interface SecretStore {
  read(account: string): Promise<SecretRead>
  write(account: string, secret: string): Promise<SecretChange>
  remove(account: string): Promise<SecretChange>
}

/** Whether a text can be sent as a key: printable ASCII without spaces, at most 4,096 characters. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]{1,4096}$/.test(text)
}
