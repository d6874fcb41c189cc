/** Version of the program, as in package.json: manifests of exported files state it. */
export const programVersion = '0.1.0'
