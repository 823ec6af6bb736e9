FROM node:24-slim

WORKDIR /app
ENV NODE_ENV=production

# Both engines are servers here, so the embedded one and other optional packages stay out; so do install scripts, which
# would only fetch a second Node.
COPY package.json package-lock.json ./
RUN npm install --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force

COPY telemetry telemetry
COPY models models
COPY store store
COPY ingest ingest
COPY analytics analytics
COPY alerts alerts
COPY dashboards dashboards
COPY console console
COPY api api
COPY sdk sdk
COPY tools tools

# The code belongs to root and the service runs as another: it can write its data and nothing else.
RUN install -d -o node -g node data
USER node
VOLUME /app/data
EXPOSE 5005

HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.FLEETCAST_PORT ?? 5005}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

CMD ["node", "api/main.ts"]
