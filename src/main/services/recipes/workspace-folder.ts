/** Marks a folder as a workspace and says which layout it has. */
export const workspaceFile = 'workspace.json'
export const workspaceVersion = 1
