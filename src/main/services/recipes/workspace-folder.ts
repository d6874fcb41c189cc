/** Marks a folder as a workspace and says which layout it has. */
export const workspaceFile = 'workspace.json'
export const workspaceVersion = 1
/** The recipe that a workspace was made by, and where its paths count from. */
export const recipeFile = 'recipe.json'
