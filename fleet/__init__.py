"""The centre of many sites: it takes in what their lines send over MQTT, and keeps it in PostgreSQL."""
