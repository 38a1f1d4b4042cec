//! Reading a message: how the person feels and whether they are in danger.
