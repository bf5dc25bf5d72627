// However the harness dies, the channel to it closes then, and nothing that it started lives on.
process.on('disconnect', () => process.exit());
// The channel itself keeps nothing alive.
process.channel?.unref();
