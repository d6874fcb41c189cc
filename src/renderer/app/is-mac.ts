/** True on a Mac, where `mod` is Cmd. */
export function isMac(): boolean {
  return /mac/i.test(navigator.userAgent)
}
