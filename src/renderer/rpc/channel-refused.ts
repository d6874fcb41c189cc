/** The main side answered, and does not know this page: trying again is of no use. */
export class ChannelRefused extends Error {}
