"""What requests may say and what answers say, a module for each kind of thing: the models of the OpenAPI document."""
