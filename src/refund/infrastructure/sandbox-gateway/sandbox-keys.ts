/** The sandbox takes any secret key, and signs with this unless it is told another secret; there is nothing to protect. */
export const SANDBOX_SECRET_KEY = 'sk_sandbox';
export const SANDBOX_WEBHOOK_SECRET = 'whsec_sandbox';
