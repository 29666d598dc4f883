"""What is known of AWS without behavior: names, service models, protocols."""
