const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)$/i

/** The environment for processes that this program starts: none of them needs a key, and one of them opens models of strangers. */
export function withoutSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secretName.test(name)))
}
